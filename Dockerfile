# One image for every process; compose.yaml names their commands.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-dev --no-install-project
COPY manage.py ./
COPY blocks blocks
COPY executions executions
COPY graphs graphs
COPY platform platform
COPY scheduling scheduling
RUN uv sync --locked --no-dev

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 petiole && install -d -o petiole -g petiole -m 700 /var/lib/petiole
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PETIOLE_STATE=/var/lib/petiole
USER petiole
VOLUME /var/lib/petiole
EXPOSE 8000
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000"]
