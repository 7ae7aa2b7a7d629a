"""Wanted plates and whom a hit is told: entries and matching, notices, webhooks and their way out."""
