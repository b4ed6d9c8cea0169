<?php
// An app with PHP's own sessions, for `php -S`: the path is what to do, the answer is JSON.
//   /get             nothing
//   /set?KEY=VALUE   sets keys to JSON values
//   /add?KEY=TIMES   adds 1 to a key, in so many requests' worth of starts and closes
//   /hold?KEY=MS     sets a key to true, and ends so many milliseconds later
//   /login           a new id, and the old session deleted
//   /logout          the session deleted

$do = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$before = [];
session_start();
$before = $_SESSION;
switch ($do) {
    case '/get':
        break;
    case '/set':
        foreach ($_GET as $key => $value) {
            $_SESSION[$key] = json_decode($value, true);
        }
        break;
    case '/add':
        foreach ($_GET as $key => $times) {
            for ($i = 0; $i < (int) $times; $i++) {
                if ($i > 0) {
                    session_write_close();
                    session_start();
                }
                $_SESSION[$key] = ($_SESSION[$key] ?? 0) + 1;
            }
        }
        break;
    case '/hold':
        foreach ($_GET as $key => $milliseconds) {
            $_SESSION[$key] = true;
            usleep(1000 * (int) $milliseconds);
        }
        break;
    case '/login':
        session_regenerate_id(true);
        break;
    case '/logout':
        session_destroy();
        break;
    default:
        http_response_code(404);
}
header('Content-Type: application/json');
// An empty array is an object here.
echo json_encode(['id' => session_id(), 'before' => (object) $before, 'after' => (object) $_SESSION]);
