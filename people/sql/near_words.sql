-- What people's names become when any one letter of a word is left out, and the words themselves: two words of which
-- one has a letter wrong, missing, too many, or two that changed places, have one of these in common
-- (people/search.py). Words of three letters are too short to be told from others, and no name has more than thirty.
-- IMMUTABLE, for it makes a stored column: what is changed here needs that column anew.
CREATE FUNCTION people_near_words(_folded text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT left(word, place) || substr(word, place + 2)), '{}')
    FROM regexp_split_to_table(_folded, '\s+') AS word, generate_series(0, length(word)) AS place
    WHERE length(word) BETWEEN 4 AND 30
$$;
