"""A PostgreSQL database as a Supabase project has it, as far as this backend meets it: roles, `storage.objects`.

It is not Supabase: its own roles and schemas are many more. What is here is what SQL of ours meets: an owner who is no
superuser, the roles of the Data API with the grants that older projects gave them by default, and the table that
Storage keeps its objects in, which belongs to somebody else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import Engine, create_engine, make_url, text

from infra.local.postgres import Postgres

OWNER = "postgres"
_ROLES = """
DO $$ BEGIN
    CREATE ROLE postgres LOGIN CREATEROLE CREATEDB NOSUPERUSER BYPASSRLS;
    CREATE ROLE anon NOLOGIN;
    CREATE ROLE authenticated NOLOGIN;
    CREATE ROLE service_role NOLOGIN BYPASSRLS;
    CREATE ROLE supabase_storage_admin NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
-- A role is the whole server's: another test's migrations may have made it, as somebody whose it is not to give.
DO $$ BEGIN
    GRANT anpr_app TO postgres WITH ADMIN OPTION;
EXCEPTION WHEN undefined_object THEN NULL;
END $$;
"""
_DATABASE = """
GRANT CREATE ON DATABASE "{name}" TO postgres;
CREATE SCHEMA extensions AUTHORIZATION postgres;
GRANT USAGE ON SCHEMA extensions TO anon, authenticated, service_role;
GRANT ALL ON SCHEMA public TO postgres;
GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
CREATE SCHEMA storage AUTHORIZATION supabase_storage_admin;
CREATE TABLE storage.objects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), bucket_id text, name text, metadata jsonb,
    created_at timestamptz DEFAULT now()
);
ALTER TABLE storage.objects OWNER TO supabase_storage_admin;
GRANT USAGE ON SCHEMA storage TO postgres;
GRANT SELECT, TRIGGER ON storage.objects TO postgres;
"""
# As projects had it until 2026: what anybody makes is the Data API's too.
_GENEROUS = """
ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
"""


class Project:
    """One database, and whoever looks at it as a superuser could.

    Attributes:
        name: of the database.
        postgres: the server.
        admin: connections as the server's superuser.
    """

    def __init__(self, postgres: Postgres, name: str) -> None:
        self.postgres = postgres
        self.name = name
        self.admin: Engine = create_engine(
            make_url(postgres.url(name)).set(drivername="postgresql+pg8000"), isolation_level="AUTOCOMMIT"
        )

    @property
    def url(self) -> str:
        """The direct address, as the owner logs in."""
        return f"postgresql://{OWNER}@127.0.0.1:{self.postgres.port}/{self.name}"

    def close(self) -> None:
        """Close the connections."""
        self.admin.dispose()


@contextmanager
def project(postgres: Postgres) -> Iterator[Project]:
    """A database of one's own for as long as the block lasts."""
    server = Project(postgres, "postgres")
    made = Project(postgres, f"project_{uuid4().hex}")
    try:
        with server.admin.connect() as connection:
            connection.exec_driver_sql(_ROLES)
            connection.exec_driver_sql(f'CREATE DATABASE "{made.name}"')
        furnish(made)
        yield made
    finally:
        made.close()
        with server.admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{made.name}" WITH (FORCE)'))
        server.close()


def furnish(made: Project) -> None:
    """Make in a database what Supabase makes."""
    with made.admin.connect() as connection:
        connection.exec_driver_sql(_ROLES)
        connection.exec_driver_sql(_DATABASE.format(name=made.name))
        connection.exec_driver_sql(_GENEROUS)
