<?php

class Seed
{
}
