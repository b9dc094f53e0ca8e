-- CREATEDB: each backup is restored into a database of its own. Once, on the primary, as postgres: psql -h @PROXY@ -p 5000 -U postgres -f database.sql
CREATE ROLE trackxpert LOGIN CREATEDB PASSWORD '@APP_PASSWORD@';
GRANT pg_monitor TO trackxpert;
CREATE DATABASE trackxpert OWNER trackxpert TEMPLATE template0;
