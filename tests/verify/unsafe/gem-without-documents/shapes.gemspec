Gem::Specification.new do |spec|
  spec.name = "shapes"
  spec.version = "1.0.0"
  spec.summary = "Areas of shapes"
  spec.authors = ["Ada"]
  spec.homepage = "https://example.com/shapes"
  spec.license = "MIT"
  spec.files = ["lib/shapes.rb"]
end
