# Areas of shapes.
module Shapes
  # The area of a rectangle.
  def self.area(width, height)
    width * height
  end
end
