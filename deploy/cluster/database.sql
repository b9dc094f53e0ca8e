-- Once, on the primary, as postgres: psql -h @PROXY@ -p 5000 -U postgres -f database.sql
CREATE ROLE trackxpert LOGIN PASSWORD '@APP_PASSWORD@';
GRANT pg_monitor TO trackxpert;
CREATE DATABASE trackxpert OWNER trackxpert TEMPLATE template0;
