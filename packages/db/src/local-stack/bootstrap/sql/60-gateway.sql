-- What the gateway may do as itself: keep users, sessions and file metadata, and read what is to be broadcast.
grant usage on schema auth, storage, realtime to nofx_gateway;
grant select, insert, update, delete on all tables in schema auth, storage to nofx_gateway;
grant select, insert, delete on realtime.messages to nofx_gateway;
