//! A client that others wrote: the crate `openidconnect` finds us, signs a
//! citizen in, refreshes and signs out, and believes what it gets.

use crate::kit::ministry::{CALLBACK, code_for, with_policy};
use crate::kit::schemas;
use base::{Clock as _, SystemClock};
use http::StatusCode;
use identity::Policy;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, LogoutRequest,
    Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl,
    Scope, TokenResponse as _,
};
use testkit::on_both_engines;
use web::client::{ClientError, HttpClient};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How the library reaches us.
async fn by_http(request: HttpRequest) -> Result<HttpResponse, ClientError> {
    let (parts, body) = request.into_parts();
    let headers: Vec<_> = parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let body = String::from_utf8(body).unwrap();
    let answer = HttpClient::public().send(parts.method, &parts.uri.to_string(), &headers, body).await?;
    let mut response = HttpResponse::new(answer.body.to_vec());
    (*response.status_mut(), *response.headers_mut()) = (answer.status, answer.headers);
    Ok(response)
}

#[test]
fn the_crate_openidconnect_signs_in_refreshes_and_signs_out() {
    on_both_engines(&schemas(), |world| async move {
        // The library looks at the real clock.
        world.clock.set(SystemClock.now());
        let (portal, mut ministry, mut browser) = with_policy(world, Policy::standard()).await;
        let issuer = IssuerUrl::new(portal.origin.clone()).unwrap();
        let found = ProviderMetadataWithLogout::discover_async(issuer, &by_http).await.unwrap();
        let leave = found.additional_metadata().end_session_endpoint.clone().unwrap();
        let client = CoreClient::from_provider_metadata(found, ClientId::new("health".to_owned()), None)
            .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (address, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "offline_access"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        let page = code_for(&portal, &mut browser, address.as_str()).await;
        assert_eq!(page.parameter("state").as_ref(), Some(state.secret()));
        let code = AuthorizationCode::new(page.parameter("code").unwrap());
        let tokens = client
            .exchange_code(code)
            .unwrap()
            .set_pkce_verifier(verifier)
            .add_extra_param("client_assertion_type", ASSERTION)
            .add_extra_param("client_assertion", ministry.assertion("health"))
            .request_async(&by_http)
            .await
            .unwrap();
        let id_token = tokens.id_token().unwrap();
        let judge = client.id_token_verifier();
        let claims = id_token.claims(&judge, &nonce).unwrap();
        let key = id_token.signing_key(&judge).unwrap();
        let hash = AccessTokenHash::from_token(tokens.access_token(), id_token.signing_alg().unwrap(), key).unwrap();
        assert_eq!(claims.access_token_hash(), Some(&hash));
        let told: CoreUserInfoClaims = client
            .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            .unwrap()
            .request_async(&by_http)
            .await
            .unwrap();
        assert!(told.name().is_some());

        let refreshed = client
            .exchange_refresh_token(tokens.refresh_token().unwrap())
            .unwrap()
            .add_extra_param("client_assertion_type", ASSERTION)
            .add_extra_param("client_assertion", ministry.assertion("health"))
            .request_async(&by_http)
            .await
            .unwrap();
        assert_ne!(refreshed.access_token().secret(), tokens.access_token().secret());

        let bye = PostLogoutRedirectUrl::new("https://health.example/bye".to_owned()).unwrap();
        let leave = LogoutRequest::from(leave).set_id_token_hint(id_token).set_post_logout_redirect_uri(bye);
        let page = browser.get(leave.http_get_url().as_str()).await;
        assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "https://health.example/bye"));
        portal.holds().await;
    });
}
