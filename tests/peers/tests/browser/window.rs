//! A window of a headless Chromium.

use std::path::Path;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::program::Program;

pub(crate) struct Window {
    pub(crate) client: Client,
    /// Killed when the window goes.
    _driver: Program,
}

impl Window {
    pub(crate) async fn open() -> Self {
        let driver = Program::chromedriver();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-dev-shm-usage",
            "--window-size=900,900",
        ];
        let capabilities = json!({ "goog:chromeOptions": { "args": arguments } });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().cloned().unwrap_or_default())
            .connect(&driver.url(""))
            .await
            .expect("chromium by chromedriver (Debian: chromium, chromium-driver)");
        Self {
            client,
            _driver: driver,
        }
    }

    pub(crate) async fn go(&self, url: &str) {
        self.client
            .goto(url)
            .await
            .unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The path of the page that is shown.
    pub(crate) async fn path(&self) -> String {
        self.client
            .current_url()
            .await
            .expect("a page")
            .path()
            .to_owned()
    }

    pub(crate) async fn has(&self, selector: &str) -> bool {
        self.count(selector).await > 0
    }

    pub(crate) async fn count(&self, selector: &str) -> usize {
        self.client
            .find_all(Locator::Css(selector))
            .await
            .expect("a page")
            .len()
    }

    pub(crate) async fn text(&self, selector: &str) -> String {
        self.find(Locator::Css(selector))
            .await
            .text()
            .await
            .expect("an element of the page")
    }

    pub(crate) async fn fill(&self, field: &str, text: &str) {
        let selector = format!("input[name='{field}']");
        let field = self.find(Locator::Css(&selector)).await;
        field.send_keys(text).await.expect("a field of the page");
    }

    /// Presses the button of this text, and waits for the page that it leads to.
    pub(crate) async fn press(&self, text: &str) {
        let button = format!("//button[.='{text}'] | //input[@type='submit' and @value='{text}']");
        let button = self.find(Locator::XPath(&button)).await;
        let before = self.find(Locator::Css("html")).await;
        button.click().await.expect("a button of the page");
        // Until the page before is gone.
        while before.tag_name().await.is_ok() {
            tokio::task::yield_now().await;
        }
        self.client
            .wait()
            .for_element(Locator::Css("html"))
            .await
            .expect("the next page");
    }

    pub(crate) async fn run(&self, script: &str) -> String {
        let result = self
            .client
            .execute(script, Vec::new())
            .await
            .expect("a script");
        result.as_str().unwrap_or_default().to_owned()
    }

    pub(crate) async fn screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        std::fs::create_dir_all(&folder).expect("a folder to write to");
        let picture = self.client.screenshot().await.expect("a screenshot");
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("a file to write to");
    }

    pub(crate) async fn close(self) {
        self.client.close().await.expect("a window to close");
    }

    async fn find(&self, locator: Locator<'_>) -> Element {
        match self.client.find(locator).await {
            Ok(element) => element,
            Err(error) => {
                let page = self.client.source().await.unwrap_or_default();
                panic!("{locator:?}: {error}\n{page}")
            }
        }
    }
}
