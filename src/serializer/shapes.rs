//! Macros for the methods that serde's data model has in several shapes and JSON and a `Value` have
//! in one. Both of our serializers treat those shapes alike.
//!
//! `$list` has a method `item`, `$map` a method `field`, and both have a `finish`.

/// Defines the associated types of a `Serializer`, and the methods that only forward to another.
macro_rules! alike {
    ($ok:ty, $list:ty, $map:ty) => {
        type Ok = $ok;
        type Error = DumpError;
        type SerializeSeq = $list;
        type SerializeTuple = $list;
        type SerializeTupleStruct = $list;
        type SerializeTupleVariant = $list;
        type SerializeMap = $map;
        type SerializeStruct = $map;
        type SerializeStructVariant = $map;

        fn serialize_none(self) -> Result<$ok, DumpError> {
            self.serialize_unit()
        }

        fn serialize_unit_struct(self, _name: &'static str) -> Result<$ok, DumpError> {
            self.serialize_unit()
        }

        fn serialize_unit_variant(
            self,
            _name: &'static str,
            _index: u32,
            variant: &'static str,
        ) -> Result<$ok, DumpError> {
            self.serialize_str(variant)
        }

        fn serialize_char(self, v: char) -> Result<$ok, DumpError> {
            self.serialize_str(v.encode_utf8(&mut [0; 4]))
        }

        fn serialize_tuple(self, length: usize) -> Result<$list, DumpError> {
            self.serialize_seq(Some(length))
        }

        fn serialize_tuple_struct(
            self,
            _name: &'static str,
            length: usize,
        ) -> Result<$list, DumpError> {
            self.serialize_seq(Some(length))
        }

        fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<$ok, DumpError> {
            self.serialize_str(&value.to_string())
        }
    };
}

/// Defines the methods that take a value of one of these types, each by the same expression.
macro_rules! each {
    (|$this:ident, $v:ident| $taken:expr => $ok:ty; $($method:ident: $type:ty,)+) => {
        $(fn $method(self, $v: $type) -> Result<$ok, DumpError> {
            let $this = self;
            $taken
        })+
    };
}

/// Implements the collections whose items are single values.
macro_rules! lists {
    ($list:ty => $ok:ty; $($trait:ident::$method:ident)+) => {
        $(impl ser::$trait for $list {
            type Ok = $ok;
            type Error = DumpError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
                self.item(value)
            }

            fn end(self) -> Result<$ok, DumpError> {
                self.finish()
            }
        })+
    };
    ($list:ty => $ok:ty) => {
        lists! {
            $list => $ok;
            SerializeSeq::serialize_element
            SerializeTuple::serialize_element
            SerializeTupleStruct::serialize_field
            SerializeTupleVariant::serialize_field
        }
    };
}

/// Implements the collections whose keys are names.
macro_rules! structs {
    ($map:ty => $ok:ty; $($trait:ident)+) => {
        $(impl ser::$trait for $map {
            type Ok = $ok;
            type Error = DumpError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), DumpError> {
                self.field(name, value)
            }

            fn end(self) -> Result<$ok, DumpError> {
                self.finish()
            }
        })+
    };
    ($map:ty => $ok:ty) => {
        structs! { $map => $ok; SerializeStruct SerializeStructVariant }
    };
}

pub(crate) use {alike, each, lists, structs};
