//! Customers, their addresses, and what they were told.

use super::{DAY, OPENING, ORDERS, PRODUCTS, Rng, Stream, USERS, catalogue, sales};
use crate::demo::place::{Address, Country};

const FIRST_NAMES: &[&str] = &[
    "Ada",
    "Agnieszka",
    "Alba",
    "Anna",
    "Bram",
    "Carla",
    "Chiara",
    "Daan",
    "Elif",
    "Emil",
    "Emma",
    "Enzo",
    "Felix",
    "Femke",
    "Giulia",
    "Greta",
    "Hugo",
    "Ida",
    "Inès",
    "Jakub",
    "Jan",
    "Jonas",
    "Julia",
    "Karim",
    "Lena",
    "Léa",
    "Lotte",
    "Luca",
    "Lucía",
    "Marek",
    "Mateo",
    "Mia",
    "Milan",
    "Nina",
    "Noah",
    "Olga",
    "Oskar",
    "Paul",
    "Sofia",
    "Zoë",
];
const LAST_NAMES: &[&str] = &[
    "Almeida",
    "Bakker",
    "Bauer",
    "Bernard",
    "Bianchi",
    "Claes",
    "Conti",
    "de Vries",
    "Dubois",
    "Ferrari",
    "Fischer",
    "García",
    "Gruber",
    "Hofer",
    "Huber",
    "Janssens",
    "Keller",
    "Kowalska",
    "Kowalski",
    "Lambert",
    "Lefèvre",
    "López",
    "Maes",
    "Martín",
    "Meyer",
    "Moreau",
    "Nowak",
    "Peeters",
    "Pichler",
    "Ricci",
    "Romano",
    "Ruiz",
    "Schmidt",
    "Smit",
    "Torres",
    "Visser",
    "Wagner",
    "Weber",
    "Wiśniewska",
    "Zieliński",
];
const STREETS: &[&str] = &[
    "Ahornweg",
    "Avenue des Tilleuls",
    "Beukenlaan",
    "Calle del Sol",
    "Gartenstraße",
    "Kerkstraat",
    "Lange Gasse",
    "Rue du Moulin",
    "Ulica Lipowa",
    "Via Garibaldi",
    "Via Roma",
    "Waldweg",
];
/// Cities with their countries, so that no address is in the wrong one.
const CITIES: &[(&str, Country)] = &[
    ("Vienna", Country::At),
    ("Graz", Country::At),
    ("Ghent", Country::Be),
    ("Liège", Country::Be),
    ("Berlin", Country::De),
    ("Hamburg", Country::De),
    ("Leipzig", Country::De),
    ("Munich", Country::De),
    ("Seville", Country::Es),
    ("Valencia", Country::Es),
    ("Lyon", Country::Fr),
    ("Nantes", Country::Fr),
    ("Bologna", Country::It),
    ("Turin", Country::It),
    ("Utrecht", Country::Nl),
    ("Kraków", Country::Pl),
];

/// What the users service knows of a customer.
pub struct Customer {
    /// From 1 to [`USERS`].
    pub id: i64,
    /// The whole name.
    pub name: String,
    /// Unique, in lower case.
    pub email: String,
    /// What they once signed in with.
    pub username: String,
    /// Some have none on file.
    pub phone: Option<String>,
    /// 0 bronze, 1 silver, 2 gold.
    pub tier: i64,
    /// When they joined.
    pub joined_at: i64,
    /// 0 to 100.
    pub risk_score: i64,
}

/// The customer with this id.
pub fn customer(id: i64) -> Customer {
    let mut rng = Rng::of(Stream::Customer, id);
    let first = rng.pick(FIRST_NAMES);
    let last = rng.pick(LAST_NAMES);
    let username = format!("{}{id}", letters(first));
    Customer {
        id,
        name: format!("{first} {last}"),
        email: format!("{}.{}.{id}@example.com", letters(first), letters(last)),
        username,
        phone: rng.happens(70).then(|| format!("+49 30 555 {:05}", id * 7 % 100_000)),
        tier: match rng.between(1, 100) {
            1..=60 => 0,
            61..=90 => 1,
            _ => 2,
        },
        joined_at: OPENING - (USERS + 1 - id) * DAY - rng.between(0, DAY - 1),
        risk_score: rng.between(0, 100) * rng.between(0, 100) / 100,
    }
}

/// A name as it stands in an e-mail address.
fn letters(name: &str) -> String {
    let plain = |letter: char| match letter {
        'è' | 'é' | 'ë' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ń' => 'n',
        'ś' => 's',
        other => other.to_ascii_lowercase(),
    };
    name.chars().map(plain).filter(char::is_ascii_alphabetic).collect()
}

/// A customer's addresses, the default one first.
pub fn addresses(customer: i64) -> Vec<Address> {
    let mut rng = Rng::of(Stream::Address, customer);
    let recipient = self::customer(customer).name;
    let count = rng.pick(&[1, 1, 1, 2, 2, 3]);
    let address = |_| {
        let (city, country) = rng.pick(CITIES);
        Address {
            recipient: recipient.clone(),
            street: format!("{} {}", rng.pick(STREETS), rng.between(1, 180)),
            city: city.to_owned(),
            postal_code: format!("{:05}", rng.between(1_000, 99_999)),
            country,
        }
    };
    (0..count).map(address).collect()
}

/// What a notification is about.
pub enum Subject {
    /// An order, by id.
    Order(i64),
    /// A payment, by id.
    Payment(i64),
    /// A product, by stock-keeping unit.
    Product(String),
}

/// A message to a customer.
pub struct Notification {
    /// To whom.
    pub customer: i64,
    /// When.
    pub sent_at: i64,
    /// What it says.
    pub text: String,
    /// Whether they opened it.
    pub read: bool,
    /// What it is about.
    pub subject: Subject,
}

/// All notifications, by customer, the earliest first: on each one's latest order, on its payment,
/// and on a product that they might like.
pub fn notifications() -> Vec<Notification> {
    let mut latest = vec![None; usize::try_from(USERS).expect("a small number") + 1];
    for order in 1..=ORDERS {
        latest[usize::try_from(sales::buyer(order)).expect("a small number")] = Some(order);
    }
    let mut all = Vec::new();
    for customer in 1..=USERS {
        let mut rng = Rng::of(Stream::Notification, customer);
        let product = rng.between(1, PRODUCTS);
        let mut tell = |sent_at, text, subject| {
            all.push(Notification { customer, sent_at, text, read: rng.happens(60), subject });
        };
        let name = catalogue::product(product).name;
        let sku = catalogue::sku(product);
        tell(OPENING + DAY, format!("You might like the {name}."), Subject::Product(sku));
        if let Some(order) = latest[usize::try_from(customer).expect("a small number")] {
            let placed_at = sales::placed_at(order);
            let number = sales::number(order);
            tell(placed_at, format!("Thank you for order {number}."), Subject::Order(order));
            tell(placed_at + 60, format!("Your payment for order {number} is in."), Subject::Payment(order));
        }
    }
    all
}
