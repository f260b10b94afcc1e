<?php
// Apache lets nobody in here who has not signed in.
header('Location: /');
