// librdkafka's names that both clients there have. Here they share connections, so what is set for one holds for the other.

import { asNumber, fromMs, isOption, isRefused, isSo, oneOf, type RawName } from './fate.ts'

const OWN_BACKOFF = 'back-off is not to be set: it begins at 50 ms and grows to a few seconds, with jitter'
const IN_CODE = 'it is a function of C, which no text can be'

export const bothNames: readonly RawName[] = [
  isOption('bootstrap.servers metadata.broker.list', 'brokers'),
  isOption('client.id', 'clientId'),
  isOption('socket.timeout.ms', 'socketTimeout', fromMs),
  isOption('statistics.interval.ms', 'statisticsInterval', fromMs),
  isOption(
    'log_level',
    'logLevel',
    oneOf({ 0: 'error', 1: 'error', 2: 'error', 3: 'error', 4: 'warn', 5: 'info', 6: 'info', 7: 'debug' }),
  ),
  isRefused('debug', 'set log_level: debug, which tells of everything'),

  isOption(
    'security.protocol',
    'securityProtocol',
    oneOf({ plaintext: 'plaintext', ssl: 'ssl', sasl_plaintext: 'sasl_plaintext', sasl_ssl: 'sasl_ssl' }),
  ),
  isOption('ssl.ca.location', 'sslCaLocation'),
  isOption('ssl.crl.location', 'sslCrlLocation'),
  isOption('ssl.keystore.location', 'sslKeystoreLocation'),
  isOption('ssl.keystore.password', 'sslKeystorePassword'),
  isOption('ssl.certificate.location', 'sslCertificateLocation'),
  isOption('ssl.key.location', 'sslKeyLocation'),
  isOption('ssl.key.password', 'sslKeyPassword'),
  isOption('ssl.endpoint.identification.algorithm', 'sslVerifyHostname', oneOf({ https: true, none: false })),
  isSo('enable.ssl.certificate.verification', 'true', 'certificates are always verified: set ssl_ca_location'),
  isOption('sasl.mechanisms sasl.mechanism', 'saslMechanism'),
  isOption('sasl.username', 'saslUsername'),
  isOption('sasl.password', 'saslPassword'),
  isSo('sasl.oauthbearer.method', 'oidc', 'a token endpoint is asked where sasl_oauthbearer_token_endpoint_url is set'),
  isSo('sasl.oauthbearer.grant.type', 'client_credentials', 'a token endpoint is asked by client credentials'),
  isOption('sasl.oauthbearer.token.endpoint.url', 'saslOauthbearerTokenEndpointUrl'),
  isOption('sasl.oauthbearer.client.credentials.client.id sasl.oauthbearer.client.id', 'saslOauthbearerClientId'),
  isOption(
    'sasl.oauthbearer.client.credentials.client.secret sasl.oauthbearer.client.secret',
    'saslOauthbearerClientSecret',
  ),
  isOption('sasl.oauthbearer.scope', 'saslOauthbearerScope'),
  isOption('sasl.oauthbearer.extensions', 'saslOauthbearerExtensions'),
  isOption('sasl.kerberos.service.name', 'saslKerberosServiceName'),
  isOption('sasl.kerberos.principal', 'saslKerberosPrincipal'),
  isOption('sasl.kerberos.kinit.cmd', 'saslKerberosKinitCmd'),
  isOption('sasl.kerberos.keytab', 'saslKerberosKeytab'),
  isOption('sasl.kerberos.min.time.before.relogin', 'saslKerberosMinTimeBeforeRelogin', asNumber),
  isRefused(
    'ssl.cipher.suites ssl.curves.list ssl.sigalgs.list ssl.providers ssl.engine.location ssl.engine.id ssl.ca.certificate.stores',
    'TLS is that of Node.js: give node the option, such as --tls-cipher-list or --openssl-config',
  ),
  isRefused(
    'ssl.key.pem ssl.certificate.pem ssl.ca.pem ssl_key ssl_certificate ssl_ca',
    'a key or certificate is read from a file: set ssl_key_location, ssl_certificate_location or ssl_ca_location',
  ),
  isRefused(
    'sasl.oauthbearer.config enable.sasl.oauthbearer.unsecure.jwt sasl.oauthbearer.sub.claim.name sasl.oauthbearer.assertion.algorithm sasl.oauthbearer.assertion.private.key.file sasl.oauthbearer.assertion.private.key.passphrase sasl.oauthbearer.assertion.private.key.pem sasl.oauthbearer.assertion.file sasl.oauthbearer.assertion.claim.aud sasl.oauthbearer.assertion.claim.exp.seconds sasl.oauthbearer.assertion.claim.iss sasl.oauthbearer.assertion.claim.jti.include sasl.oauthbearer.assertion.claim.nbf.seconds sasl.oauthbearer.assertion.claim.sub sasl.oauthbearer.assertion.jwt.template.file sasl.oauthbearer.metadata.authentication.type',
    'tokens that are got otherwise come from a function: set sasl_oauthbearer_token_provider',
  ),
  isRefused(
    'https.ca.location https.ca.pem',
    "who may sign a token endpoint's certificate is said to Node.js, by the variable NODE_EXTRA_CA_CERTS",
  ),

  isSo('allow.auto.create.topics', 'false', 'a topic is never made by accident: make it before, or use embedded'),
  isSo('socket.keepalive.enable', 'true', 'connections are always kept alive'),
  isSo('socket.max.fails', '1', 'a connection on which an answer does not come in time is given up at once'),
  isSo('socket.send.buffer.bytes socket.receive.buffer.bytes', '0', "buffers are the system's"),
  isSo('socket.nagle.disable', 'true', 'nothing is held back'),
  isRefused('socket.blocking.max.ms', 'it has no effect in librdkafka either: leave it out'),
  isSo('broker.address.family', 'any', 'all addresses of a broker are tried'),
  isSo('client.dns.lookup', 'use_all_dns_ips', 'all addresses of a broker are tried'),
  isRefused('broker.address.ttl', 'a name is resolved for each connection'),
  isSo('socket.connection.setup.timeout.ms', '5000', 'a connection has 5 s, or socket_timeout where that is less'),
  isSo('connections.max.idle.ms', '0', 'a connection is never closed for being idle'),
  isRefused(
    'reconnect.backoff.ms reconnect.backoff.max.ms reconnect.backoff.jitter.ms retry.backoff.ms retry.backoff.max.ms',
    OWN_BACKOFF,
  ),
  isSo('metadata.recovery.strategy', 'rebootstrap', 'where no known broker answers, those of brokers are tried again'),
  isRefused('metadata.recovery.rebootstrap.trigger.ms', 'brokers are tried as soon as no known one answers'),
  isSo('topic.metadata.refresh.interval.ms metadata.max.age.ms', '30000', 'metadata is looked at after 30 s at most'),
  isSo('topic.metadata.refresh.sparse', 'true', 'only topics that are needed are asked for'),
  isRefused(
    'topic.metadata.refresh.fast.interval.ms topic.metadata.refresh.fast.cnt topic.metadata.propagation.max.ms',
    'metadata is looked at at once after an error, and a missing topic is waited for',
  ),
  isRefused('client.rack', 'fetching from a follower is not built'),
  isRefused('topic.blacklist', 'topics are subscribed to one by one'),
  isRefused(
    'message.max.bytes',
    'what is too large to be stored the topic decides (max.message.bytes); for what is fetched set max_bytes',
  ),
  isRefused('receive.message.max.bytes', 'answers are as large as what was asked for: set max_bytes'),
  isSo(
    'max.in.flight.requests.per.connection max.in.flight',
    '1',
    'records of a partition go out one request after another, which keeps their order',
  ),
  isSo('api.version.request', 'true', 'brokers are always asked what they speak'),
  isRefused(
    'api.version.request.timeout.ms api.version.fallback.ms broker.version.fallback',
    'brokers are always asked what they speak; Kafka 2.3 or newer is wanted',
  ),
  isSo('log.connection.close', 'false', 'a connection that ends is told of where no broker answers any more'),
  isSo('enable.metrics.push', 'false', 'nothing is measured on behalf of the brokers'),
  isRefused('plugin.library.paths interceptors', 'there are no plug-ins of C: what they do belongs in the consumer'),
  isRefused('stats_cb', `${IN_CODE}: write the method statisticsCallback`),
  isRefused('error_cb', `${IN_CODE}: use onError`),
  isRefused(
    'throttle_cb log_cb background_event_cb socket_cb connect_cb closesocket_cb open_cb resolve_cb oauthbearer_token_refresh_cb ssl.certificate.verify_cb ssl_engine_callback_data opaque default_topic_conf enabled_events',
    IN_CODE,
  ),
  isRefused(
    'builtin.features message.copy.max.bytes log.queue log.thread.name enable.random.seed internal.termination.signal',
    'it is about the inside of librdkafka, which is not used here: leave it out',
  ),
]
