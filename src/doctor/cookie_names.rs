//! The names of well-known cookies that are no session of Rails.
//!
//! A name counts only where the value has the form of no message of Rails: anybody may name a cookie
//! so.

use super::cookie_format::CookieFormat;

/// A name, the start of one (`*`), or the start of one before 32 hexadecimal digits (`#`); the format
/// that the name tells; and what the cookie is.
type Row = (&'static str, CookieFormat, &'static str);

const ON_JAVA: &str = "a Java server (Tomcat, Jetty and others) keeps the session";
const ANALYTICS: &str = "it counts visits, and holds no session of an app";
const AWS: &str = "a load balancer of AWS set it, so that requests reach one server";
const CLOUDFLARE: &str = "Cloudflare set it";
const AKAMAI: &str = "Akamai set it";

/// The names. Source: each vendor's documentation of its cookies.
const ROWS: &[Row] = &[
    ("AWSALB*", CookieFormat::Unknown, AWS),
    ("AWSELB*", CookieFormat::Unknown, AWS),
    ("__cf*", CookieFormat::Unknown, CLOUDFLARE),
    ("cf_clearance", CookieFormat::Unknown, CLOUDFLARE),
    ("cf_chl_*", CookieFormat::Unknown, CLOUDFLARE),
    ("_cfuvid", CookieFormat::Unknown, CLOUDFLARE),
    ("_ga", CookieFormat::Unknown, ANALYTICS),
    ("_ga_*", CookieFormat::Unknown, ANALYTICS),
    ("_gid", CookieFormat::Unknown, ANALYTICS),
    ("_gat*", CookieFormat::Unknown, ANALYTICS),
    ("_gcl_*", CookieFormat::Unknown, ANALYTICS),
    ("__utm*", CookieFormat::Unknown, ANALYTICS),
    ("_fbp", CookieFormat::Unknown, ANALYTICS),
    ("_fbc", CookieFormat::Unknown, ANALYTICS),
    ("_hj*", CookieFormat::Unknown, ANALYTICS),
    ("_pk_*", CookieFormat::Unknown, ANALYTICS),
    ("_clck", CookieFormat::Unknown, ANALYTICS),
    ("_clsk", CookieFormat::Unknown, ANALYTICS),
    ("_dd_s", CookieFormat::Unknown, ANALYTICS),
    ("mp_*", CookieFormat::Unknown, ANALYTICS),
    ("amp_*", CookieFormat::Unknown, ANALYTICS),
    ("amplitude_*", CookieFormat::Unknown, ANALYTICS),
    ("ajs_*", CookieFormat::Unknown, ANALYTICS),
    ("ahoy_*", CookieFormat::Unknown, ANALYTICS),
    ("optimizely*", CookieFormat::Unknown, ANALYTICS),
    ("hubspotutk", CookieFormat::Unknown, ANALYTICS),
    ("__hs*", CookieFormat::Unknown, ANALYTICS),
    ("AMCV_*", CookieFormat::Unknown, ANALYTICS),
    ("s_vi", CookieFormat::Unknown, ANALYTICS),
    ("_ym_*", CookieFormat::Unknown, ANALYTICS),
    ("_uet*", CookieFormat::Unknown, ANALYTICS),
    ("_tt_*", CookieFormat::Unknown, ANALYTICS),
    ("intercom-*", CookieFormat::Unknown, "Intercom set it"),
    ("__stripe_*", CookieFormat::Unknown, "Stripe set it"),
    ("NID", CookieFormat::Unknown, "Google set it"),
    ("SAPISID", CookieFormat::Unknown, "Google set it"),
    ("1P_JAR", CookieFormat::Unknown, "Google set it"),
    (
        "GCLB",
        CookieFormat::Unknown,
        "a load balancer of Google set it",
    ),
    ("ak_bmsc", CookieFormat::Unknown, AKAMAI),
    ("bm_sz", CookieFormat::Unknown, AKAMAI),
    ("bm_sv", CookieFormat::Unknown, AKAMAI),
    ("bm_mi", CookieFormat::Unknown, AKAMAI),
    ("_abck", CookieFormat::Unknown, AKAMAI),
    ("akavpau_*", CookieFormat::Unknown, AKAMAI),
    ("datadome", CookieFormat::Unknown, "DataDome set it"),
    ("_px*", CookieFormat::Unknown, "HUMAN (PerimeterX) set it"),
    ("incap_ses_*", CookieFormat::Unknown, "Imperva set it"),
    ("visid_incap_*", CookieFormat::Unknown, "Imperva set it"),
    ("nlbi_*", CookieFormat::Unknown, "Imperva set it"),
    (
        "BIGipServer*",
        CookieFormat::Unknown,
        "a load balancer of F5 set it",
    ),
    ("TS01*", CookieFormat::Unknown, "F5 set it"),
    ("MRHSession", CookieFormat::Unknown, "F5 set it"),
    ("NSC_*", CookieFormat::Unknown, "NetScaler set it"),
    ("citrix_ns_id*", CookieFormat::Unknown, "NetScaler set it"),
    (
        "SERVERID",
        CookieFormat::Unknown,
        "a load balancer such as HAProxy set it",
    ),
    ("ROUTEID", CookieFormat::Unknown, "a load balancer set it"),
    (
        "INGRESSCOOKIE",
        CookieFormat::Unknown,
        "the ingress of a Kubernetes cluster set it",
    ),
    (
        "ARRAffinity*",
        CookieFormat::Unknown,
        "a load balancer of Azure set it",
    ),
    (
        "ApplicationGatewayAffinity*",
        CookieFormat::Unknown,
        "a load balancer of Azure set it",
    ),
    (
        "heroku-session-affinity",
        CookieFormat::Unknown,
        "Heroku's router set it",
    ),
    (
        "_oauth2_proxy*",
        CookieFormat::Unknown,
        "oauth2-proxy set it, and encrypted it with its cookie_secret",
    ),
    ("CF_Authorization", CookieFormat::Unknown, CLOUDFLARE),
    (
        "OptanonConsent",
        CookieFormat::Unknown,
        "it holds a visitor's consent",
    ),
    (
        "CookieConsent",
        CookieFormat::Unknown,
        "it holds a visitor's consent",
    ),
    (
        "euconsent*",
        CookieFormat::Unknown,
        "it holds a visitor's consent",
    ),
    (
        "csrftoken",
        CookieFormat::Unknown,
        "it is Django's token against forged requests",
    ),
    (
        "sessionid",
        CookieFormat::SessionId,
        "Django keeps the session, in the place that SESSION_ENGINE names",
    ),
    (
        "XSRF-TOKEN",
        CookieFormat::Unknown,
        "it is a token against forged requests, as Angular and Laravel use it",
    ),
    (
        "_xsrf",
        CookieFormat::Unknown,
        "it is Tornado's token against forged requests",
    ),
    (
        "csrf_token",
        CookieFormat::Unknown,
        "it is a token against forged requests",
    ),
    (
        "_csrf",
        CookieFormat::Unknown,
        "it is a token against forged requests, as csurf (Express) and Yii use it",
    ),
    (
        "__RequestVerificationToken*",
        CookieFormat::Unknown,
        "it is ASP.NET's token against forged requests",
    ),
    ("JSESSIONID*", CookieFormat::SessionId, ON_JAVA),
    ("JSESSIONIDSSO", CookieFormat::SessionId, ON_JAVA),
    (
        "SESSION",
        CookieFormat::SessionId,
        "Spring Session keeps the session, in Redis or a database",
    ),
    (
        "ASP.NET_SessionId",
        CookieFormat::SessionId,
        "ASP.NET keeps the session",
    ),
    (
        "ASPSESSIONID*",
        CookieFormat::SessionId,
        "IIS keeps the session (classic ASP)",
    ),
    (
        ".ASPXAUTH",
        CookieFormat::Unknown,
        "it is ASP.NET's ticket of forms authentication, under its machineKey",
    ),
    (
        ".AspNet.*",
        CookieFormat::Unknown,
        "ASP.NET encrypted it with its machineKey",
    ),
    (
        ".AspNetCore.*",
        CookieFormat::AspNetCore,
        "ASP.NET Core protects it with its key ring",
    ),
    (
        "CFID",
        CookieFormat::SessionId,
        "ColdFusion keeps the session",
    ),
    (
        "CFTOKEN",
        CookieFormat::SessionId,
        "ColdFusion keeps the session",
    ),
    (
        "ci_session",
        CookieFormat::SessionId,
        "CodeIgniter keeps the session, in the place that its sess_driver names",
    ),
    (
        "CAKEPHP",
        CookieFormat::SessionId,
        "CakePHP keeps the session",
    ),
    (
        "SESS#",
        CookieFormat::SessionId,
        "Drupal keeps the session, in its table sessions",
    ),
    (
        "SSESS#",
        CookieFormat::SessionId,
        "Drupal keeps the session, in its table sessions",
    ),
    (
        "wordpress_*",
        CookieFormat::Unknown,
        "it is WordPress' login, under the keys and salts of wp-config.php",
    ),
    (
        "wp-settings-*",
        CookieFormat::Unknown,
        "it holds a user's settings of WordPress",
    ),
    (
        "PrestaShop-*",
        CookieFormat::Unknown,
        "PrestaShop encrypted it",
    ),
    (
        "beaker.session.id",
        CookieFormat::SessionId,
        "Beaker (Python) keeps the session",
    ),
    (
        "koa.sess*",
        CookieFormat::Unknown,
        "koa-session wrote it: base64 of JSON, signed by the cookie .sig beside it",
    ),
    (
        "express:sess*",
        CookieFormat::Unknown,
        "cookie-session wrote it: base64 of JSON, signed by the cookie .sig beside it",
    ),
    (
        "appSession*",
        CookieFormat::Unknown,
        "Auth0's library for Express encrypted it, as a JWE",
    ),
    ("auth0*", CookieFormat::Unknown, "Auth0 set it"),
    ("AUTH_SESSION_ID*", CookieFormat::Unknown, "Keycloak set it"),
    ("KEYCLOAK_*", CookieFormat::Unknown, "Keycloak set it"),
    ("KC_RESTART", CookieFormat::Unknown, "Keycloak set it"),
    ("ory_*", CookieFormat::Unknown, "Ory set it"),
    ("sb-*", CookieFormat::Unknown, "Supabase set it"),
    (
        "_gitlab_session*",
        CookieFormat::SessionId,
        "GitLab keeps the session in Redis: 'hardtack key --format rails-cache --prefix \
         session:gitlab: ID' prints its key",
    ),
    (
        "connect.sid",
        CookieFormat::SessionId,
        "express-session keeps the session in its store",
    ),
    (
        "sails.sid",
        CookieFormat::SessionId,
        "Sails keeps the session in its store",
    ),
    (
        "laravel_session",
        CookieFormat::SessionId,
        "Laravel keeps the session, in the place that SESSION_DRIVER names",
    ),
    (
        "remember_web_*",
        CookieFormat::Unknown,
        "it is Laravel's login that is remembered",
    ),
    (
        "user_credentials",
        CookieFormat::Unknown,
        "it is Authlogic's login that is remembered: a token of the users' table, and the id",
    ),
    (
        "remember_token",
        CookieFormat::Unknown,
        "it is a login that is remembered: a token of the users' table",
    ),
    (
        "_forward_auth*",
        CookieFormat::Unknown,
        "traefik-forward-auth set it",
    ),
    (
        "PLAY_*",
        CookieFormat::Play,
        "its key is the app's play.http.secret.key",
    ),
];

/// Returns the format that a name tells, and what the cookie is.
pub(super) fn of_name(name: &str) -> Option<(CookieFormat, &'static str)> {
    let name = name
        .strip_prefix("__Host-")
        .or(name.strip_prefix("__Secure-"))
        .unwrap_or(name);
    let row = ROWS.iter().find(|(pattern, ..)| {
        if let Some(start) = pattern.strip_suffix('*') {
            name.starts_with(start)
        } else if let Some(start) = pattern.strip_suffix('#') {
            name.strip_prefix(start).is_some_and(|digits| {
                digits.len() >= 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            })
        } else {
            name == *pattern
        }
    });
    row.map(|(_, format, tells)| (*format, *tells))
}
