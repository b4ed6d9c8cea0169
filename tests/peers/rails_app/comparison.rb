# frozen_string_literal: true

# Where do two values differ in anything that a serializer could lose? `==` overlooks much of it:
# 1 == 1.0, "a" == "a" in two encodings, a Hash and a HashWithIndifferentAccess, the order of keys.
class Comparison
  # The first difference in sharing: where one object stands on one side, and two on the other.
  attr_reader :sharing

  def initialize
    @seen = Set.new # pairs already under comparison: values may be cyclic
    @partners = [{}.compare_by_identity, {}.compare_by_identity]
  end

  # A text such as `value["a"][2]: Integer, expected Float`, or nil where nothing differs.
  def difference(path, actual, expected)
    note_sharing(path, actual, expected)
    return unless @seen.add?([actual.__id__, expected.__id__])

    kind, expected_kind = kind(actual), kind(expected)
    return "#{path}: #{kind.join('+')}, expected #{expected_kind.join('+')}" unless kind == expected_kind

    facts, expected_facts = facts(actual), facts(expected)
    return "#{path}: #{facts.inspect}, expected #{expected_facts.inspect}" unless facts == expected_facts

    expected_parts = parts(expected)
    parts(actual).zip(expected_parts) do |(label, part), (expected_label, expected_part)|
      return "#{path}: has #{label}, expected #{expected_label}" unless label == expected_label
      found = difference("#{path}#{label}", part, expected_part)
      return found if found
    end
    nil
  end

  private

  # Numbers and Symbols are equal wherever they stand, and Ruby makes one of equal keys.
  def note_sharing(path, actual, expected)
    return if [actual, expected].any? { |value| value in Numeric | Symbol | Module | nil | true | false }
    return if [actual, expected].any? { |value| value.instance_of?(String) && value.frozen? }

    partner = @partners[0][actual] ||= expected
    expected_partner = @partners[1][expected] ||= actual
    return if partner.equal?(expected) && expected_partner.equal?(actual)
    @sharing ||= "#{path}: #{partner.equal?(expected) ? "a copy, expected one object" : "one object, expected a copy"}"
  end

  # The class and the modules that `extend` added to this one object. Asked of a copy: MessagePack does not write what
  # has a singleton class, and asking for one makes it.
  def kind(value)
    return [value.class] if value in Numeric | Symbol | nil | true | false
    [value.class, *(value.clone.singleton_class.included_modules - value.class.included_modules)]
  rescue TypeError # the Strings that are keys cannot be extended
    [value.class]
  end

  # What is compared as it stands; `parts.size` so that `zip` cannot overlook an end.
  def facts(value)
    own =
      case value
      when String, Symbol then [value.encoding, value.to_s.b]
      when Regexp then [value.options, value.encoding, value.source.b]
      when Float then [value.nan? ? "NaN" : [value].pack("G")] # bits: -0.0 == 0.0
      when Integer, Module, nil, true, false then [value]
      when Range then [value.exclude_end?]
      when Time then [value.to_r, value.utc?, value.utc_offset, value.zone] # `_dump` hides the last two
      else []
      end
    own << parts(value).size
  end

  def parts(value)
    case value
    when Numeric, Symbol, Module, nil, true, false then dumped(value).to_a
    when Array then indexed(value) + variables(value)
    when Hash then pairs(value) + [[".default", value.default]] + variables(value)
    when Struct then value.each_pair.map { |name, part| [".#{name}", part] } + variables(value)
    when Range then [[".begin", value.begin], [".end", value.end]] + variables(value)
    else dumped(value) || variables(value)
    end
  end

  def indexed(array) = array.each_with_index.map { |part, index| ["[#{index}]", part] }

  # Keys are compared one by one: equal keys may be of different encodings.
  def pairs(hash)
    hash.each_with_index.flat_map { |(key, part), index| [[".keys[#{index}]", key], ["[#{key.inspect}]", part]] }
  end

  # Objects that say how they are dumped are compared by that: their variables may be memos
  # (TimeWithZone) and their state may lie outside of variables (Time, Date, BigDecimal, Rational).
  def dumped(value)
    if value.is_a?(BigDecimal) # `_dump` begins with what it has room for, which each load changes
      [[".to_s", value.to_s]]
    elsif value.respond_to?(:marshal_dump, true)
      [[".marshal_dump", value.send(:marshal_dump)]]
    elsif value.respond_to?(:_dump, true)
      [["._dump", value.send(:_dump, -1)]]
    end
  end

  # Sorted: the order in which an object got its variables is no part of its value.
  # A Duration of newer Rails has @variable as well, which 6.1 neither writes nor reads.
  def variables(value)
    names = value.instance_variables
    names -= [:@variable] if ActiveSupport::Duration === value
    names.sort.map { |name| [".#{name}", value.instance_variable_get(name)] }
  end
end
