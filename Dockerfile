# docker build -t igz-apply .
# docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" -e V3IO_ACCESS_KEY igz-apply plan --target prod
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY igz_apply igz_apply
COPY schemas schemas
COPY manifests/examples manifests/examples
# Backends for inventories elsewhere, for example --build-arg BACKENDS="s3fs gcsfs".
ARG BACKENDS=""
RUN python -m venv /opt/igz-apply \
    && /opt/igz-apply/bin/pip install --no-cache-dir --disable-pip-version-check ".[reconcile]" $BACKENDS

FROM python:3.13-slim
COPY --from=build /opt/igz-apply /opt/igz-apply
RUN install -d -o 10001 -g 10001 /work
ENV PATH=/opt/igz-apply/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["igz-apply"]
CMD ["--help"]
