"""Who is asking, and what they may see: people, API keys, tokens, camera scopes, rate limits."""
