# frozen_string_literal: true

# What the expressions of a request may use beyond Rails itself; the recorded Marshal vectors hold
# objects of most of these classes.

require "active_support/all"
require "bigdecimal"
require "ipaddr"
require "pathname"
require "set"
require "uri"

# Equal are those of one class and of equal instance variables.
module ByState
  def ==(other) = other.instance_of?(self.class) && state == other.state

  protected

  def state = instance_variables.to_h { |name| [name, instance_variable_get(name)] }
end

module Loud; end
module Proud; end

Pair = Struct.new(:left, :right)
S = Struct.new(:a, :b)

class Point
  include ByState

  def initialize(*parts) = (@x, @y = parts)
end

class Pt
  include ByState

  def initialize(x, name)
    @x = x
    @name = name
  end
end

class Packed
  include ByState

  def initialize(text) = @text = text
  def _dump(_level) = @text
  def self._load(text) = new(text)
end

class Wrapped
  include ByState

  def initialize(content) = @content = content
  def marshal_dump = @content
  def marshal_load(content) = @content = content
end

class Names < Array; end
class Title < String; end
class Marked < Hash; end
