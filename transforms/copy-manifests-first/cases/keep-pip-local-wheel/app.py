import internal
