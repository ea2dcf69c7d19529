module Tool
  VERSION = "0.1.0"
end
