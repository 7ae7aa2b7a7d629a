"""Webhooks by Standard Webhooks: endpoints, deliveries with their log, and sending."""
