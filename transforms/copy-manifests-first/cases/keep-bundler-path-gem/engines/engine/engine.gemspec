Gem::Specification.new do |s|
  s.name = "engine"
  s.version = "0.1.0"
end
