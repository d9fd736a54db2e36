# This repository with everything that its own scripts need, for the services demo and tests of docker-compose.yml at its root. No
# application needs it.
FROM golang:1.26-bookworm AS go

FROM node:20-bookworm
COPY --from=go /usr/local/go /usr/local/go
ENV PATH=/usr/local/go/bin:$PATH
# Java and Maven run Kafkas that tests end and restart, Kerberos a KDC; the rest is what tests run racecar under.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends krb5-admin-server krb5-kdc krb5-user libkrb5-dev \
        maven openjdk-17-jre-headless runit s6 systemd \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/racecar
COPY . .
RUN scripts/setup && scripts/kerberos
