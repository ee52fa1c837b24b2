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
# What `reconcile --repo` asks git for, and checks signatures by. ssh runs for users that have a name alone.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git gnupg openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --create-home igz-apply \
    && install -d -o 10001 -g 10001 /work
ENV PATH=/opt/igz-apply/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp/.cache
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["igz-apply"]
CMD ["--help"]
