target "app" {
  contexts = {
    "debian:12" = "target:base"
  }
}
