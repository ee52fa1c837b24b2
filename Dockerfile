# make image                      builds it, with the labels of this commit; make image-check tries it
# docker run --rm --read-only --tmpfs /tmp --user "$(id -u):$(id -g)" -v "$PWD:/work" -e V3IO_ACCESS_KEY igz-apply plan --target prod

# Python 3.13.16 on Debian 13: the index for all architectures, published on 2026-10-09. To renew it, put here what
# `docker buildx imagetools inspect python:3.13-slim-trixie` calls "Digest", then run `make image image-check`.
ARG PYTHON=python:3.13-slim-trixie@sha256:70729b46c69b4f1e97c4822c1af3df53a1476cf5ddc6c087c0c10bc3a5678c2f

FROM ${PYTHON} AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY deploy/image deploy/image
# What builds lies in an environment of its own, which stays behind. Nothing that the locks do not name, by its hash, is installed,
# and no package runs code of its own while it is.
RUN python -m venv --without-pip /opt/tools \
    && pip --python /opt/tools/bin/python install --no-compile \
        --require-hashes --no-deps --only-binary :all: -r deploy/image/tools.txt \
    && python -m venv --without-pip /opt/igz-apply
# More than the least, by the names of locks in deploy/image: for inventories elsewhere s3fs, gcsfs, adlfs; for traces tracing.
# For example --build-arg EXTRAS="s3fs tracing".
ARG EXTRAS=""
RUN set --; for name in igz-apply $EXTRAS; do set -- "$@" -r "deploy/image/$name.txt"; done \
    && pip --python /opt/igz-apply/bin/python \
        install --require-hashes --no-deps --only-binary :all: "$@"
COPY pyproject.toml README.md LICENSE ./
COPY igz_apply igz_apply
COPY schemas schemas
COPY manifests/examples manifests/examples
RUN pip --python /opt/tools/bin/python wheel --no-index --no-deps --no-build-isolation --wheel-dir dist . \
    && pip --python /opt/igz-apply/bin/python \
        install --no-index --no-deps --find-links dist igz-apply \
    && pip --python /opt/igz-apply/bin/python check \
    && /opt/tools/bin/cyclonedx-py environment --output-reproducible --short-PURLs \
        --output-file /opt/igz-apply/sbom.cdx.json /opt/igz-apply/bin/python
# A label that is not what the program says of itself would be a lie.
ARG VERSION=""
RUN test -z "$VERSION" || /opt/igz-apply/bin/igz-apply --version | grep -Fqx "igz-apply $VERSION"

FROM ${PYTHON}
COPY --from=build /opt/igz-apply /opt/igz-apply
# git, gpg and ssh are what `reconcile --repo` follows a repository by; ssh runs for users that have a name alone. What could
# install packages or raise somebody's rights is of no use here, and goes.
RUN apt-get update \
    && apt-get upgrade -y \
    && apt-get install -y --no-install-recommends ca-certificates git gpg openssh-client \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /home/igz-apply --shell /usr/sbin/nologin igz-apply \
    && install -d /home/igz-apply \
    && install -d -o 10001 -g 10001 /work \
    && python -m pip uninstall --yes --quiet --root-user-action ignore pip \
    && find / -xdev -name 'pip-*.whl' -delete \
    && find / -xdev -type f -perm /6000 -exec chmod ug-s {} +
ENV PATH=/opt/igz-apply/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp/.cache
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["igz-apply"]
CMD ["--help"]
ARG VERSION="" REVISION=""
LABEL org.opencontainers.image.title="igz-apply" \
      org.opencontainers.image.description="Run an Iguazio cluster from git: users, groups, projects and app services as YAML, planned, reviewed, applied." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
