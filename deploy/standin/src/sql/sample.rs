//! The sample data: made by SQLite from row numbers and a little arithmetic, so it is the same at every start.
//! Names begin with `$`, which no statement of a caller may name.

/// The statements that make it, in order.
pub(super) const STATEMENTS: &[&str] = &[
    "CREATE TABLE \"$n\" AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 4000)
     SELECT n FROM c",
    "CREATE TABLE \"$words\" AS SELECT
       json('[\"Ava\",\"Ben\",\"Chloe\",\"Deniz\",\"Elif\",\"Finn\",\"Gizem\",\"Hugo\",\"Iris\",\"Jonas\",\"Kerem\",\"Lena\",\"Mert\",\"Nina\",\"Omar\",\"Petra\",\"Quinn\",\"Rosa\",\"Selin\",\"Tom\"]') AS first,
       json('[\"Acar\",\"Baker\",\"Costa\",\"Demir\",\"Ekman\",\"Fischer\",\"Garcia\",\"Hansen\",\"Ito\",\"Jansen\",\"Kaya\",\"Lopez\",\"Meyer\",\"Novak\",\"Okafor\",\"Peters\",\"Rossi\",\"Silva\",\"Turner\"]') AS last,
       json('[\"DE\",\"TR\",\"NL\",\"FR\",\"ES\",\"IT\",\"SE\",\"GB\"]') AS country,
       json('[\"Berlin\",\"Istanbul\",\"Utrecht\",\"Lyon\",\"Valencia\",\"Turin\",\"Malmo\",\"Leeds\"]') AS city,
       json('[\"Kitchen\",\"Garden\",\"Office\",\"Sport\",\"Books\",\"Toys\"]') AS category,
       json('[\"Kettle\",\"Lamp\",\"Chair\",\"Bottle\",\"Notebook\",\"Puzzle\",\"Basket\",\"Tray\",\"Clock\",\"Blanket\"]') AS thing,
       json('[\"Oak\",\"Steel\",\"Linen\",\"Glass\",\"Cork\",\"Copper\",\"Wool\"]') AS matter",
    "CREATE TABLE \"$customers\" (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, email TEXT, country TEXT,
       city TEXT, is_active INTEGER, created_at TEXT)",
    "INSERT INTO \"$customers\" SELECT n,
       json_extract(first, '$[' || (n % 20) || ']'), json_extract(last, '$[' || (n * 7 % 19) || ']'),
       lower(json_extract(first, '$[' || (n % 20) || ']')) || '.' || lower(json_extract(last, '$[' || (n * 7 % 19) || ']'))
         || n || '@example.com',
       json_extract(country, '$[' || (n * 5 % 8) || ']'),
       CASE WHEN n % 11 = 0 THEN NULL ELSE json_extract(city, '$[' || (n * 5 % 8) || ']') END,
       n % 9 <> 0,
       strftime('%Y-%m-%d %H:%M:%S', '2024-01-03 08:15:00', '+' || (n * 31 % 620) || ' days', '+' || (n * 97 % 1440) || ' minutes') || '.000000'
     FROM \"$n\", \"$words\" WHERE n <= 600",
    "CREATE TABLE \"$products\" (id INTEGER PRIMARY KEY, sku TEXT, name TEXT, category TEXT, price REAL, in_stock INTEGER)",
    "INSERT INTO \"$products\" SELECT n, printf('SKU-%04d', n),
       json_extract(matter, '$[' || (n % 7) || ']') || ' ' || json_extract(thing, '$[' || (n % 10) || ']') || ' ' || (n / 70 + 1),
       json_extract(category, '$[' || (n * 5 % 6) || ']'), round(4.5 + n * 37 % 210 + (n % 4) * 0.25, 2), n % 13 <> 0
     FROM \"$n\", \"$words\" WHERE n <= 140",
    "CREATE TABLE \"$order_items\" (id INTEGER PRIMARY KEY, order_id INTEGER, product_id INTEGER, quantity INTEGER, unit_price REAL)",
    "INSERT INTO \"$order_items\" SELECT i.n, (i.n + 1) / 2, p.id, i.n * 3 % 4 + 1, p.price
     FROM \"$n\" AS i JOIN \"$products\" AS p ON p.id = i.n * 29 % 140 + 1",
    "CREATE TABLE \"$orders\" (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT, total_amount REAL, coupon TEXT, created_at TEXT)",
    "INSERT INTO \"$orders\" SELECT o.n, o.n * 13 % 600 + 1,
       CASE WHEN o.n % 17 = 0 THEN 'cancelled' WHEN o.n % 12 = 0 THEN 'returned' WHEN o.n % 5 = 0 THEN 'paid' ELSE 'shipped' END,
       t.total, CASE WHEN o.n % 6 = 0 THEN 'WELCOME10' WHEN o.n % 25 = 0 THEN 'SUMMER25' END,
       strftime('%Y-%m-%d %H:%M:%S', '2025-01-01 00:12:00', '+' || (o.n * 660 / 2000) || ' days', '+' || (o.n * 83 % 1440) || ' minutes') || '.000000'
     FROM \"$n\" AS o JOIN (SELECT order_id, round(sum(quantity * unit_price), 2) AS total FROM \"$order_items\" GROUP BY 1) AS t
       ON t.order_id = o.n WHERE o.n <= 2000",
    "CREATE TABLE \"$stock_levels\" (product_id INTEGER, warehouse TEXT, quantity INTEGER, restocked_on TEXT)",
    "INSERT INTO \"$stock_levels\" SELECT p.id, w.value, (p.id * 17 + w.key * 41) % 90,
       CASE WHEN p.id % 8 = 0 THEN NULL ELSE date('2026-01-05', '+' || (p.id * 11 % 150) || ' days') END
     FROM \"$products\" AS p, json_each('[\"Hamburg\",\"Izmir\",\"Rotterdam\"]') AS w",
    "CREATE TABLE \"$targets\" (id INTEGER PRIMARY KEY, month TEXT, country TEXT, revenue_target REAL)",
    "INSERT INTO \"$targets\" SELECT n, date('2025-01-01', '+' || ((n - 1) / 8) || ' months'),
       json_extract(country, '$[' || ((n - 1) % 8) || ']'), 9000 + n * 137 % 5000 FROM \"$n\", \"$words\" WHERE n <= 192",
    "CREATE TABLE \"$stripe_customers\" (id TEXT PRIMARY KEY, email TEXT, name TEXT, balance INTEGER, delinquent INTEGER, created TEXT)",
    "INSERT INTO \"$stripe_customers\" SELECT printf('cus_%014d', id * 7919), email, first_name || ' ' || last_name,
       CASE WHEN id % 10 = 0 THEN -500 ELSE 0 END, id % 21 = 0, created_at FROM \"$customers\" WHERE id <= 400",
    "CREATE TABLE \"$charges\" (id TEXT PRIMARY KEY, customer TEXT, amount INTEGER, currency TEXT, paid INTEGER, status TEXT,
       failure_code TEXT, created TEXT)",
    "INSERT INTO \"$charges\" SELECT printf('ch_%016d', o.id * 104729), printf('cus_%014d', (o.customer_id % 400 + 1) * 7919),
       CAST(round(o.total_amount * 100) AS INTEGER), CASE o.id % 7 WHEN 0 THEN 'usd' ELSE 'eur' END, o.id % 14 <> 0,
       CASE WHEN o.id % 14 = 0 THEN 'failed' WHEN o.id % 33 = 0 THEN 'pending' ELSE 'succeeded' END,
       CASE WHEN o.id % 28 = 0 THEN 'card_declined' WHEN o.id % 14 = 0 THEN 'expired_card' END, o.created_at
     FROM \"$orders\" AS o WHERE o.id <= 1500",
    "CREATE TABLE \"$invoice_lines\" (id TEXT PRIMARY KEY, invoice TEXT, amount INTEGER, description TEXT)",
    "INSERT INTO \"$invoice_lines\" SELECT printf('il_%014d', i.id * 6007), printf('in_%014d', i.order_id * 5003),
       CAST(round(i.quantity * i.unit_price * 100) AS INTEGER), i.quantity || ' x ' || p.name
     FROM \"$order_items\" AS i JOIN \"$products\" AS p ON p.id = i.product_id WHERE i.id <= 900",
    "DROP TABLE \"$n\"",
    "DROP TABLE \"$words\"",
];
