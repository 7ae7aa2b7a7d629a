"""What the operator answers for: licences, usage, the audit log with its anchors, retention, holds, data subjects."""
