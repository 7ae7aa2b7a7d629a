"""Programs that were written for other services, which tests have talk to the backend."""
