<?php
// A Laravel app of Debian's php-laravel-framework, for `php -S`: its sessions in Redis, its encrypted
// cookies and its protection against forged requests.
//
// `?ops=` is JSON, a list of calls of the session such as ["put", "user_id", 42]. The answer is the
// session's id, and its attributes after the calls. LARAVEL_APP holds the settings as JSON.

use Illuminate\Cookie\CookieJar;
use Illuminate\Cookie\Middleware\AddQueuedCookiesToResponse;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Encryption\Encrypter;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Http\Middleware\VerifyCsrfToken;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Pipeline\Pipeline;
use Illuminate\Session\Middleware\StartSession;
use Illuminate\Session\SessionManager;
use Illuminate\Session\TokenMismatchException;
use Illuminate\Support\Facades\Facade;

error_reporting(E_ALL & ~E_DEPRECATED);
require_once 'Illuminate/autoload.php';
require_once 'Illuminate/Foundation/helpers.php';

$settings = json_decode(getenv('LARAVEL_APP'), true);
$app = new Application(sys_get_temp_dir());
Facade::setFacadeApplication($app);
$app->instance('config', new Illuminate\Config\Repository([
    'cache' => [
        'default' => 'redis',
        'prefix' => 'laravel_cache',
        'stores' => ['redis' => ['driver' => 'redis', 'connection' => 'default']],
    ],
    'session' => [
        'driver' => 'redis', 'connection' => null, 'store' => null, 'lifetime' => 120,
        'expire_on_close' => false, 'encrypt' => $settings['encrypt'], 'lottery' => [0, 100],
        'cookie' => 'laravel_session', 'path' => '/', 'domain' => null, 'secure' => false,
        'http_only' => true, 'same_site' => 'lax',
    ],
]));
$key = base64_decode(substr($settings['app_key'], strlen('base64:')));
$encrypter = new Encrypter($key, $settings['cipher']);
$app->instance('encrypter', $encrypter);
$app->singleton('redis', function ($app) use ($settings) {
    return new Illuminate\Redis\RedisManager($app, 'phpredis', [
        'client' => 'phpredis',
        'options' => ['prefix' => 'laravel_database_'],
        'default' => ['host' => '127.0.0.1', 'port' => $settings['redis_port'], 'database' => 0],
    ]);
});
$app->singleton('cache', fn ($app) => new Illuminate\Cache\CacheManager($app));
$sessions = new SessionManager($app);
$app->instance('session', $sessions);

$middleware = [
    new EncryptCookies($encrypter),
    new AddQueuedCookiesToResponse(new CookieJar()),
    new StartSession($sessions),
    new VerifyCsrfToken($app, $encrypter),
];
try {
    $response = (new Pipeline($app))->send(Request::capture())->through($middleware)->then(
        function ($request) {
            $session = $request->session();
            foreach (json_decode($request->query('ops', '[]'), true) as $op) {
                $session->{$op[0]}(...array_slice($op, 1));
            }
            return new JsonResponse(['id' => $session->getId(), 'attributes' => $session->all()]);
        }
    );
} catch (TokenMismatchException $e) {
    $response = new JsonResponse(['error' => 'token mismatch'], 419);
}
$response->send();
