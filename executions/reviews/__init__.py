"""Reviews over HTTP and in the admin; what asks and decides is executions.engine.reviewing."""
