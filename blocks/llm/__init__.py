"""Language models over the OpenAI protocol: which provider serves which model, calls, structured answers, tools."""
