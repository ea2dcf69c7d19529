module a
require b v1.0.0
replace b => "./b"
