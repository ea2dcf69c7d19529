require_relative "lib/tool/version"

Gem::Specification.new do |s|
  s.name = "tool"
  s.version = Tool::VERSION
end
