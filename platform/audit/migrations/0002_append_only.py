from typing import Any

from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is never changed' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_stays();
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_stays();
"""
# A later migration that makes SQLite build the table anew loses these and has to create them again: a test looks.
SQLITE = [
    """CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END""",
    """CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END""",
]


def create(apps: Any, schema_editor: Any) -> None:
    for statement in [POSTGRESQL] if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    postgresql = schema_editor.connection.vendor == "postgresql"
    for trigger in ("audit_entry_no_update", "audit_entry_no_delete"):
        schema_editor.execute(f"DROP TRIGGER {trigger}" + (" ON audit_entry" if postgresql else ""))
    if postgresql:
        schema_editor.execute("DROP FUNCTION audit_entry_stays()")


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
