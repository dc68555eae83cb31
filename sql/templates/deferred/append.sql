INSERT INTO __dirty__ (__columns__) SELECT DISTINCT __columns__ FROM __rows__ AS r WHERE __present__;
