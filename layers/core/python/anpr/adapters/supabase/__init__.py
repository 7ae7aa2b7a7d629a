"""The ports on a Supabase project: its PostgreSQL by the transaction pooler, its Storage by S3, its Auth's tokens.

The queues are tables, keys lie in a folder, and notices go by e-mail, as on servers of one's own.
"""
