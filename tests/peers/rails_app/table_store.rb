# frozen_string_literal: true

# Sessions in a table, in the shape and by the rules of the gem activerecord-session_store 2.x, which
# Debian does not have:
#   SESSION_STORE='["table_store", {"serializer": ":json"}]'
#   DATABASE      what ActiveRecord::Base.establish_connection takes, a JSON object
# The table is made if it is missing, by the gem's migration; `"column": ":jsonb"` gives its data another type than text.

gem "activerecord", "~> #{ENV.fetch("RAILS_VERSION")}.0"
require "active_record"
require "action_dispatch"

ActiveRecord::Base.establish_connection(JSON.parse(ENV.fetch("DATABASE")))

class ActionDispatch::Session::TableStore < ActionDispatch::Session::AbstractSecureStore
  class Row < ActiveRecord::Base
    self.table_name = "sessions"
  end

  ROW = "peer.table_store.row"

  # A Hash as the text of the column, and back.
  MARSHAL = [
    ->(hash) { [Marshal.dump(hash)].pack("m") }, # lines of 60 characters
    ->(text) { Marshal.load(text.unpack1("m")) }
  ].freeze
  JSON = [
    ->(hash) { { value: hash }.to_json },
    ->(text) { ActiveSupport::JSON.decode(text).fetch("value") }
  ].freeze
  NULL = [:itself.to_proc, :itself.to_proc].freeze # a column of JSON
  HYBRID = [JSON[0], ->(text) { (text.start_with?("BAh") ? MARSHAL : JSON)[1].(text) }].freeze

  def initialize(app, options = {})
    @dump, @load = self.class.const_get((options.delete(:serializer) || :marshal).to_s.upcase)
    migrate(options.delete(:column) || :text)
    super
  end

  private

  def migrate(column)
    connection = Row.connection
    return if connection.table_exists?(:sessions)

    connection.create_table :sessions do |t|
      t.string :session_id, null: false
      t.column :data, column
      t.timestamps
    end
    connection.add_index :sessions, :session_id, unique: true
    connection.add_index :sessions, :updated_at
  end

  # The row of an id, under the private id or, from before CVE-2019-16782, under the public one.
  def row(id)
    # A public id that looks private is refused: whoever knows a row must not get its session.
    ids = [id.private_id, *(id.public_id unless id.public_id.match?(/\A\d+::/))]
    ids.lazy.filter_map { |session_id| Row.find_by(session_id: session_id) }.first
  end

  def find_session(request, id)
    found = id && row(id)
    unless found
      id = generate_sid
      found = Row.new(session_id: id.private_id)
    end
    request.set_header(ROW, found)
    [id, found.data ? @load.(found.data) : {}]
  end

  # Saves what changed: without a change nothing is sent, and `updated_at` stays.
  def write_session(request, id, hash, _options)
    row = request.get_header(ROW) || row(id) || Row.new
    row.update!(session_id: id.private_id, data: @dump.(hash))
    id
  end

  def delete_session(request, id, options)
    row(id)&.destroy!
    request.set_header(ROW, nil)
    generate_sid unless options[:drop]
  end
end
