//! Labels whose values are all known.

/// A label with a fixed list of values. Declared with [`label!`](crate::label).
pub trait Label: Copy + std::fmt::Debug + 'static {
    /// Its name.
    const NAME: &'static str;
    /// Every value, in the order of [`Label::index`].
    const VALUES: &'static [&'static str];

    /// Which of the values this is.
    fn index(self) -> usize;
}

/// No label, one, or two of them.
pub trait Labels: Copy + std::fmt::Debug + 'static {
    /// How many combinations there are.
    const COUNT: usize;

    /// Which of the combinations this is.
    fn index(self) -> usize;

    /// Names and values of a combination.
    fn pairs(index: usize) -> Vec<(&'static str, &'static str)>;

    /// The names.
    fn names() -> Vec<&'static str>;
}

impl Labels for () {
    const COUNT: usize = 1;

    fn index(self) -> usize {
        0
    }

    fn pairs(_: usize) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    fn names() -> Vec<&'static str> {
        Vec::new()
    }
}

impl<A: Label> Labels for A {
    const COUNT: usize = A::VALUES.len();

    fn index(self) -> usize {
        Label::index(self)
    }

    fn pairs(index: usize) -> Vec<(&'static str, &'static str)> {
        A::VALUES.get(index).map(|value| (A::NAME, *value)).into_iter().collect()
    }

    fn names() -> Vec<&'static str> {
        vec![A::NAME]
    }
}

impl<A: Label, B: Label> Labels for (A, B) {
    const COUNT: usize = A::VALUES.len() * B::VALUES.len();

    fn index(self) -> usize {
        Label::index(self.0) * B::VALUES.len() + Label::index(self.1)
    }

    fn pairs(index: usize) -> Vec<(&'static str, &'static str)> {
        let (a, b) = (index / B::VALUES.len(), index % B::VALUES.len());
        [A::pairs(a), B::pairs(b)].concat()
    }

    fn names() -> Vec<&'static str> {
        vec![A::NAME, B::NAME]
    }
}

/// Declares a label: an enum whose variants are its values.
///
/// ```
/// use shared::telemetry::metrics::Label;
///
/// shared::label! {
///     /// How it ended.
///     pub enum Ending = "ending" {
///         /// Well.
///         Good = "good",
///         /// Not so well.
///         Bad = "bad",
///     }
/// }
/// assert_eq!(Ending::VALUES[Label::index(Ending::Bad)], "bad");
/// ```
#[macro_export]
macro_rules! label {
    ($(#[$doc:meta])* $vis:vis enum $name:ident = $label:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $value:literal),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $crate::telemetry::metrics::Label for $name {
            const NAME: &'static str = $label;
            const VALUES: &'static [&'static str] = &[$($value),+];

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}
