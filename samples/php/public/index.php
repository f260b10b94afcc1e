<?php
declare(strict_types=1);

// Shows who is signed in. Apache has verified all that OIDC_CLAIM_… says.
$claim = fn (string $name): string => htmlspecialchars($_SERVER["OIDC_CLAIM_$name"] ?? '');
$isSignedIn = isset($_SERVER['OIDC_CLAIM_sub']);
header('Cache-Control: no-store');
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sample</title>
<h1>Sample in PHP</h1>
<?php if ($isSignedIn): ?>
<p>Name: <strong id="name" lang="ar" dir="rtl"><?= $claim('name') ?></strong></p>
<p>Assurance: <strong id="acr"><?= $claim('acr') ?></strong></p>
<p><a id="sign-out" href="/callback?logout=<?= urlencode(getenv('ORIGIN') . '/') ?>">Sign out</a></p>
<?php else: ?>
<p><a id="sign-in" href="/sign-in.php">Sign in</a></p>
<?php endif ?>
