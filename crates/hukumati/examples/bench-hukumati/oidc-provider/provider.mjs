// oidc-provider with everything in memory, and one client: `node provider.mjs PORT JWKS`.
import Provider from "oidc-provider";
import { generateKeyPairSync } from "node:crypto";

const [port, jwks] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "bench",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "ES256",
      id_token_signed_response_alg: "ES256",
      jwks: JSON.parse(jwks),
    },
  ],
  jwks: { keys: [{ ...key, alg: "ES256", use: "sig", kid: "bench" }] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    // Access tokens that are signed, as ours are.
    resourceIndicators: {
      enabled: true,
      defaultResource: () => issuer,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: "",
        audience: issuer,
        accessTokenTTL: 300,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
