"""The ports on servers of one's own: PostgreSQL, Redis or Valkey, an S3 server, a mail server."""
