GRANT __privilege__ ON __object__ TO __grantee__;
