//! Products, their shelves and makers, and the warehouses that stock them.

use super::{DAY, OPENING, PRODUCTS, Rng, Stream};
use crate::demo::place::Country;

/// A shelf: its slug, its name, and the shelf above it.
pub struct Category {
    /// The id by which customers link to it.
    pub slug: &'static str,
    /// What is written above it.
    pub name: &'static str,
    /// The shelf above.
    pub parent: Option<&'static str>,
    /// What lies on it; nothing if it has shelves below.
    pub goods: &'static [&'static str],
}

const fn root(slug: &'static str, name: &'static str) -> Category {
    Category { slug, name, parent: None, goods: &[] }
}

const fn leaf(
    parent: &'static str,
    slug: &'static str,
    name: &'static str,
    goods: &'static [&'static str],
) -> Category {
    Category { slug, name, parent: Some(parent), goods }
}

/// All shelves, parents first.
pub const CATEGORIES: &[Category] = &[
    root("kitchen", "Kitchen"),
    root("home", "Home"),
    root("garden", "Garden"),
    root("office", "Office"),
    root("outdoor", "Outdoor"),
    leaf("kitchen", "cookware", "Cookware", &["Saucepan", "Frying Pan", "Casserole", "Wok", "Stockpot"]),
    leaf("kitchen", "knives", "Knives", &["Chef's Knife", "Bread Knife", "Paring Knife", "Knife Block"]),
    leaf("kitchen", "coffee", "Coffee and Tea", &["Coffee Grinder", "Teapot", "Moka Pot", "Kettle", "French Press"]),
    leaf("home", "lighting", "Lighting", &["Desk Lamp", "Floor Lamp", "Pendant Light", "Wall Light"]),
    leaf("home", "textiles", "Textiles", &["Cushion", "Throw", "Curtain", "Rug", "Bath Towel"]),
    leaf("home", "storage", "Storage", &["Basket", "Shelf", "Coat Rack", "Storage Box"]),
    leaf("garden", "tools", "Garden Tools", &["Spade", "Rake", "Pruner", "Watering Can", "Trowel"]),
    leaf("garden", "planters", "Planters", &["Planter", "Flower Box", "Hanging Pot", "Trellis"]),
    leaf("office", "desks", "Desks and Chairs", &["Desk", "Office Chair", "Monitor Stand", "Footrest"]),
    leaf("office", "stationery", "Stationery", &["Notebook", "Fountain Pen", "Desk Pad", "Letter Tray", "Stapler"]),
    leaf("outdoor", "camping", "Camping", &["Tent", "Sleeping Bag", "Camp Stove", "Lantern", "Hammock"]),
    leaf("outdoor", "bags", "Bags", &["Backpack", "Dry Bag", "Travel Bag", "Hip Pack"]),
];

/// Makers, numbered from 1, with the country they are of.
pub const BRANDS: &[(&str, Country)] = &[
    ("Alderhof", Country::De),
    ("Bellavoglia", Country::It),
    ("Casa Lumbre", Country::Es),
    ("Dijkstra & Vos", Country::Nl),
    ("Eichengrund", Country::At),
    ("Forgeron", Country::Fr),
    ("Gietvorm", Country::Be),
    ("Hala Nova", Country::Pl),
    ("Isarlicht", Country::De),
    ("Jardin Vif", Country::Fr),
    ("Koperwerk", Country::Nl),
    ("Lindqvell", Country::De),
    ("Montebruno", Country::It),
    ("Nordwald", Country::De),
    ("Oliveda", Country::Es),
    ("Polana", Country::Pl),
    ("Quintessa", Country::It),
    ("Rauhreif", Country::At),
    ("Soleil du Nord", Country::Fr),
    ("Tarnica", Country::Pl),
];

/// Warehouses, numbered from 1.
pub const WAREHOUSES: &[(&str, Country)] = &[
    ("Leipzig", Country::De),
    ("Lille", Country::Fr),
    ("Venlo", Country::Nl),
    ("Poznań", Country::Pl),
    ("Verona", Country::It),
    ("Zaragoza", Country::Es),
];

const MATERIALS: &[&str] = &[
    "Ash", "Bamboo", "Brass", "Canvas", "Ceramic", "Copper", "Cork", "Enamel", "Felt", "Glass", "Granite", "Iron",
    "Leather", "Linen", "Oak", "Steel", "Walnut", "Wool",
];
const LINES: &[&str] = &[
    "Aurora", "Basalt", "Cirrus", "Delta", "Ember", "Fjord", "Grove", "Harbour", "Indigo", "Juniper", "Karst", "Lumen",
    "Meadow", "Nimbus", "Opal", "Prairie", "Quarry", "Ridge", "Summit", "Tundra",
];

/// What the products service knows of a product.
pub struct Product {
    /// From 1 to [`PRODUCTS`].
    pub id: i64,
    /// The stock-keeping unit.
    pub sku: String,
    /// What it is called.
    pub name: String,
    /// A sentence about it.
    pub description: String,
    /// 0 active, 1 upcoming, 2 discontinued.
    pub status: i64,
    /// What a customer pays, in cents.
    pub price: i64,
    /// What the shop pays, in cents.
    pub purchase_price: i64,
    /// In grams.
    pub weight: i64,
    /// Width, height and depth in millimetres.
    pub size: [i64; 3],
    /// The maker's number.
    pub brand: i64,
    /// The shelf's slug.
    pub category: &'static str,
    /// When the shop began to sell it.
    pub added_at: i64,
}

/// The product with this id.
pub fn product(id: i64) -> Product {
    let mut rng = Rng::of(Stream::Product, id);
    let leaves: Vec<&Category> = CATEGORIES.iter().filter(|category| category.parent.is_some()).collect();
    let category = rng.pick(&leaves);
    let good = rng.pick(category.goods);
    let material = rng.pick(MATERIALS);
    let line = rng.pick(LINES);
    let brands = i64::try_from(BRANDS.len()).expect("a short list");
    let brand = rng.between(1, brands);
    let price = price(id);
    let maker = BRANDS[usize::try_from(brand - 1).expect("numbered from 1")].0;
    Product {
        id,
        sku: sku(id),
        name: format!("{line} {material} {good}"),
        description: format!(
            "A {} of the {line} line by {maker}, made of {}.",
            good.to_lowercase(),
            material.to_lowercase()
        ),
        status: match rng.between(1, 100) {
            1..=92 => 0,
            93..=95 => 1,
            _ => 2,
        },
        price,
        purchase_price: price * rng.between(40, 70) / 100,
        weight: weight(id),
        size: [rng.between(4, 90) * 10, rng.between(4, 90) * 10, rng.between(4, 90) * 10],
        brand,
        category: category.slug,
        added_at: OPENING - (PRODUCTS - id) * DAY / 8,
    }
}

/// The stock-keeping unit of a product.
pub fn sku(id: i64) -> String {
    format!("WF-{id:05}")
}

/// What a product costs, in cents.
pub fn price(id: i64) -> i64 {
    let mut rng = Rng::of(Stream::Price, id);
    let most = rng.pick(&[20, 60, 150, 400]);
    rng.between(3, most) * 100 - rng.pick(&[1, 5, 10, 50])
}

/// What a product weighs packed, in grams.
pub fn weight(id: i64) -> i64 {
    let mut rng = Rng::of(Stream::Stock, -id);
    let most = rng.pick(&[60, 200, 1_200]);
    rng.between(5, most) * 10
}

/// How much of a product lies in a warehouse.
pub struct Stock {
    /// The warehouse's number.
    pub warehouse: i64,
    /// How many pieces.
    pub quantity: i64,
    /// Aisle, rack and shelf.
    pub location: String,
}

/// Where a product lies: in three warehouses of the six.
pub fn stock(product: i64) -> [Stock; 3] {
    let mut rng = Rng::of(Stream::Stock, product);
    warehouses(product).map(|warehouse| Stock {
        warehouse,
        quantity: if rng.happens(8) { 0 } else { rng.between(1, 250) },
        location: format!("{:02}-{:02}-{}", rng.between(1, 40), rng.between(1, 24), rng.pick(&["A", "B", "C", "D"])),
    })
}

/// The three warehouses that hold a product.
pub fn warehouses(product: i64) -> [i64; 3] {
    let count = i64::try_from(WAREHOUSES.len()).expect("a short list");
    [0, 1, 3].map(|step| (product + step) % count + 1)
}
