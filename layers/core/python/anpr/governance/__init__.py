"""What the operator answers for: licences, usage, retention, holds, data subjects, health."""
