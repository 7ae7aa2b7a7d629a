"""The backend as processes of one's own, where no Lambda runs it: the other host of the API and of the table."""
