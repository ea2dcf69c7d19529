<?php

namespace App;

class App
{
}
