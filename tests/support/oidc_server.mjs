// npm's oidc-provider as the OAuth server of a mail domain; its settings come as one JSON argument.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const settings = JSON.parse(process.argv[2]);
const require = createRequire(`${settings.modules}/x.js`);
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const application = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope: 'smtp other' };
const person = {
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    redirect_uris: ['http://127.0.0.1', 'http://127.0.0.1/'],
    response_types: ['code'],
    scope: 'openid offline_access smtp',
};

const provider = new Provider(settings.issuer, {
    clients: [
        { ...application, client_id: 'app', client_secret: settings.secret, token_endpoint_auth_method: 'client_secret_post' },
        { ...application, client_id: 'basic', client_secret: settings.secret, token_endpoint_auth_method: 'client_secret_basic' },
        { ...application, client_id: 'short', client_secret: settings.secret, token_endpoint_auth_method: 'client_secret_post' },
        { ...application, client_id: 'other', client_secret: settings.secret, token_endpoint_auth_method: 'client_secret_post' },
        {
            ...application,
            client_id: 'signed',
            token_endpoint_auth_method: 'private_key_jwt',
            token_endpoint_auth_signing_alg: 'PS256',
            jwks: { keys: [settings.jwk] },
        },
        { ...application, client_id: 'dovecot', client_secret: settings.secret, token_endpoint_auth_method: 'client_secret_basic' },
        { ...person, client_id: 'person' },
    ],
    scopes: ['openid', 'offline_access', 'smtp', 'other'],
    features: {
        clientCredentials: { enabled: true },
        deviceFlow: { enabled: true },
        introspection: { enabled: true, allowedPolicy: () => true },
        revocation: { enabled: true, allowedPolicy: () => true },
        devInteractions: { enabled: true },
    },
    clientBasedCORS: () => false,
    enabledJWA: { clientAuthSigningAlgValues: ['PS256', 'RS256', 'HS256'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // The mailbox that a token is for, which the mail server asks about.
    extraTokenClaims: (_, token) => ({
        email: token.accountId ?? (token.clientId === 'other' ? 'other@ok.test' : settings.mailbox),
    }),
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: () => true,
    ttl: {
        AccessToken: () => 3600,
        ClientCredentials: (_, __, client) => (client.clientId === 'short' ? 3 : 3600),
        DeviceCode: () => 600,
        RefreshToken: () => 86400,
        Grant: () => 86400,
        Interaction: () => 600,
        Session: () => 600,
    },
    cookies: { keys: ['k'] },
    pkce: { required: () => true },
});
provider.listen(settings.port, '127.0.0.1');
