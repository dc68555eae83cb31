-- The schemas $1 in this order, until the transaction ends.
SELECT set_config('search_path', (SELECT coalesce(string_agg(quote_ident(s.name), ', ' ORDER BY s.position), '""')
                                    FROM unnest($1::text[]) WITH ORDINALITY AS s(name, position)), true)
