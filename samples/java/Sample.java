import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationResponse;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.util.URLUtils;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.LogoutRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.claims.ACR;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientInformation;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import com.nimbusds.openid.connect.sdk.validators.LogoutTokenValidator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/**
 * A page that signs people in with Nimbus's OpenID Connect SDK: code with PKCE,
 * private_key_jwt, logout in both directions. Its sessions live in memory; a
 * real system's do not.
 *
 * <p>{@code java -cp 'target/dependency/*' Sample.java}, with client.env in the environment.
 */
public final class Sample {
    private static final String COOKIE = "sample_java";
    private static final URI CALLBACK = URI.create(env("ORIGIN") + "/callback");
    private static final URI HOME = URI.create(env("ORIGIN") + "/");
    private static final ClientID CLIENT = new ClientID(env("CLIENT_ID"));
    private static final Issuer ISSUER = new Issuer(env("ISSUER"));

    /** A sign-in that was begun in a browser: what its answer must fit. */
    private record Attempt(State state, Nonce nonce, CodeVerifier verifier) {}

    /** Who is signed in, and under which session of the provider. */
    private record Person(String name, String acr, String session, JWT idToken) {}

    private final Map<String, Attempt> attempts = new ConcurrentHashMap<>();
    private final Map<String, Person> people = new ConcurrentHashMap<>();

    private final OIDCProviderMetadata provider;
    private final IDTokenValidator idTokens;
    private final LogoutTokenValidator logoutTokens;
    private final PrivateKey key;

    private Sample() throws Exception {
        provider = OIDCProviderMetadata.resolve(ISSUER);
        var metadata = new OIDCClientMetadata();
        metadata.setIDTokenJWSAlg(JWSAlgorithm.ES256);
        var client = new OIDCClientInformation(CLIENT, metadata);
        JWKSource<SecurityContext> keys = JWKSourceBuilder.create(provider.getJWKSetURI().toURL()).build();
        idTokens = IDTokenValidator.create(provider, client, keys);
        logoutTokens = LogoutTokenValidator.create(provider, client, keys);
        key = readKey(Path.of(env("KEY_FILE")));
    }

    public static void main(String[] arguments) throws Exception {
        var sample = new Sample();
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(env("PORT"))), 0);
        server.createContext("/", exchange -> sample.answer(exchange));
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                route(exchange);
            } catch (Exception error) {
                error.printStackTrace();
                page(exchange, 500, "<p>That did not work.</p>");
            }
        }
    }

    private void route(HttpExchange exchange) throws Exception {
        switch (exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath()) {
            case "GET /" -> home(exchange);
            case "GET /sign-in" -> signIn(exchange);
            case "GET /callback" -> callback(exchange);
            case "GET /sign-out" -> signOut(exchange);
            case "POST /back-channel-logout" -> backChannelLogout(exchange);
            default -> page(exchange, 404, "<p>There is no such page.</p>");
        }
    }

    private void home(HttpExchange exchange) throws IOException {
        Person person = people.get(browser(exchange));
        page(exchange, 200, person == null
            ? "<p><a id=\"sign-in\" href=\"/sign-in\">Sign in</a></p>"
            : """
              <p>Name: <strong id="name" lang="ar" dir="rtl">%s</strong></p>
              <p>Assurance: <strong id="acr">%s</strong></p>
              <p><a id="sign-out" href="/sign-out">Sign out</a></p>
              """.formatted(escaped(person.name), escaped(person.acr)));
    }

    private void signIn(HttpExchange exchange) throws IOException {
        var attempt = new Attempt(new State(), new Nonce(), new CodeVerifier());
        attempts.put(newBrowser(exchange), attempt);
        var request = new AuthenticationRequest.Builder(ResponseType.CODE, new Scope("openid", "profile"), CLIENT, CALLBACK)
            .endpointURI(provider.getAuthorizationEndpointURI())
            .state(attempt.state)
            .nonce(attempt.nonce)
            .codeChallenge(attempt.verifier, CodeChallengeMethod.S256)
            .acrValues(List.of(new ACR("substantial")))
            .build();
        redirect(exchange, request.toURI());
    }

    private void callback(HttpExchange exchange) throws Exception {
        Attempt attempt = attempts.remove(browser(exchange));
        var response = AuthorizationResponse.parse(HOME.resolve(exchange.getRequestURI()));
        // RFC 6749 §10.12, RFC 9207 §2.4.
        if (attempt == null || !attempt.state.equals(response.getState()) || !ISSUER.equals(response.getIssuer())) {
            page(exchange, 400, "<p>This sign-in was not begun here. <a href=\"/\">Begin again</a></p>");
            return;
        }
        if (!response.indicatesSuccess()) {
            page(exchange, 400, "<p>%s</p>".formatted(escaped(response.toErrorResponse().getErrorObject().toString())));
            return;
        }
        var grant = new AuthorizationCodeGrant(
            response.toSuccessResponse().getAuthorizationCode(), CALLBACK, attempt.verifier);
        // The assertion is addressed to the issuer (RFC 7523 §3).
        var proof = new PrivateKeyJWT(CLIENT, URI.create(ISSUER.getValue()), JWSAlgorithm.ES256, key, env("KEY_ID"), null);
        var request = new TokenRequest.Builder(provider.getTokenEndpointURI(), proof, grant).build();
        var tokens = OIDCTokenResponse.parse(request.toHTTPRequest().send()).getOIDCTokens();
        var claims = idTokens.validate(tokens.getIDToken(), attempt.nonce);

        var asked = new UserInfoRequest(provider.getUserInfoEndpointURI(), tokens.getAccessToken());
        var told = UserInfoResponse.parse(asked.toHTTPRequest().send()).toSuccessResponse().getUserInfo();
        if (!told.getSubject().equals(claims.getSubject())) {
            throw new IllegalStateException("the answer is about somebody else (OpenID Connect Core §5.3.2)");
        }
        people.put(newBrowser(exchange), new Person(
            told.getName(), claims.getACR().getValue(), claims.getSessionID().getValue(), tokens.getIDToken()));
        redirect(exchange, HOME);
    }

    private void signOut(HttpExchange exchange) throws IOException {
        Person person = people.remove(browser(exchange));
        redirect(exchange, person == null ? HOME
            : new LogoutRequest(provider.getEndSessionEndpointURI(), person.idToken, HOME, null).toURI());
    }

    /** The provider's word that a session is over (Back-Channel Logout 1.0 §2.5). */
    private void backChannelLogout(HttpExchange exchange) throws Exception {
        var form = new String(exchange.getRequestBody().readNBytes(16_384), StandardCharsets.UTF_8);
        var token = URLUtils.parseParameters(form).getOrDefault("logout_token", List.of("")).get(0);
        try {
            var ended = logoutTokens.validate(JWTParser.parse(token)).getSessionID().getValue();
            people.values().removeIf(person -> person.session.equals(ended));
            page(exchange, 200, "");
        } catch (java.text.ParseException | BadJOSEException error) {
            page(exchange, 400, "");
        }
    }

    /** The name of this browser's session; of nobody's when it has none. */
    private static String browser(HttpExchange exchange) {
        return exchange.getRequestHeaders().getOrDefault("Cookie", List.of()).stream()
            .flatMap(header -> List.of(header.split(";\\s*")).stream())
            .filter(cookie -> cookie.startsWith(COOKIE + "="))
            .map(cookie -> cookie.substring(COOKIE.length() + 1))
            .findFirst().orElse("");
    }

    /** Gives the browser a session under a new name. */
    private static String newBrowser(HttpExchange exchange) {
        var name = new State(32).getValue();
        exchange.getResponseHeaders().add("Set-Cookie", COOKIE + "=" + name + "; Path=/; HttpOnly; SameSite=Lax");
        return name;
    }

    private static void redirect(HttpExchange exchange, URI to) throws IOException {
        exchange.getResponseHeaders().set("Location", to.toString());
        exchange.sendResponseHeaders(303, -1);
    }

    private static void page(HttpExchange exchange, int status, String main) throws IOException {
        var body = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Sample</title>
            <h1>Sample in Java</h1>
            """.concat(main).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/html");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static PrivateKey readKey(Path file) throws Exception {
        var base64 = Files.readString(file).replaceAll("-----[A-Z ]+-----", "");
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64)));
    }

    private static String env(String name) {
        return Objects.requireNonNull(System.getenv(name), name + " is not in the environment");
    }
}
